-- Adds messages that come as arguments, in their order, once: a repeat of a
-- producer's number returns the first answer. The answer is two bytes of index
-- and sixteen of the holder's id for each message that was refused.
local scheduled, unique, windows, producer = KEYS[10], KEYS[11], KEYS[12], KEYS[13]
local number, remember = ARGV[1], ARGV[2]
local FIRST, EACH = 3, 3 -- then for each message: envelope, when, unique key

local at = now()
local last = redis.call('GET', producer)
if last then
  local done, answer = string.match(last, '^(%d+) (.*)$')
  if tonumber(number) <= tonumber(done) then return { at, answer } end
end

-- holder is the task that holds a unique key now.
local function holder(key)
  local value = redis.call('HGET', unique, key)
  local ends = value and tonumber(string.sub(value, ID_END + 1))
  if value and #value >= ID_END and not (ends and ends <= at) then return string.sub(value, 1, ID_END) end
end

-- hold gives a task its unique key.
local function hold(key, window, id)
  if window == 0 then
    redis.call('HSET', unique, key, id)
    return
  end
  redis.call('HSET', unique, key, id .. string.format('%.0f', at + window))
  redis.call('ZADD', windows, at + window, key)
end

-- due is when a message may run: '' now, '+5' in 5 ms, '@5' at 5 ms of the clock.
local function due(when)
  local ms = tonumber(string.sub(when, 2)) or 0
  if string.sub(when, 1, 1) == '+' then return at + ms end
  return ms
end

local refused, ready, sooner, count = {}, {}, false, 0
for i = FIRST, #ARGV, EACH do
  local envelope, when, once = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local id, taken = id_of(envelope), nil
  if once ~= '' then
    local window, key = string.match(once, '^(%d+) (.*)$')
    taken = holder(key)
    if not taken then hold(key, tonumber(window), id) end
  end
  if taken then
    if taken ~= id then
      local index = (i - FIRST) / EACH
      table.insert(refused, string.char(math.floor(index / 256), index % 256) .. taken)
    end
  else
    count = count + 1
    if due(when) > at then
      sooner = sooner or due(when) < (tonumber(redis.call('ZRANGE', schedule, 0, 0, 'WITHSCORES')[2]) or math.huge)
      put_off(scheduled, envelope, due(when))
    else
      table.insert(ready, envelope)
    end
  end
end

push('RPUSH', ready)
if count > 0 then redis.call('HINCRBY', counters, 'enqueued', count) end
local answer = table.concat(refused)
redis.call('SET', producer, number .. ' ' .. answer, 'PX', remember)
if #ready > 0 or sooner then rouse() end
sweep(unique, windows, at)
return { at, answer }
