-- Adds messages that come as arguments, in their order, once: a repeat of a
-- producer's number returns the first answer. The answer has nineteen bytes for
-- each message that was refused: two of its index, why (D duplicate, S stale, F
-- full), and sixteen for the holder's id or the last once.
local scheduled, unique, windows, onces, shelf, producer = KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24]
local number, remember = ARGV[1], ARGV[2]
local FIRST, EACH = 3, 4 -- then for each message: envelope, when, unique key, once

local last = redis.call('GET', producer)
if last then
  local done, answer = string.match(last, '^(%d+) (.*)$')
  if tonumber(number) <= tonumber(done) then return { at, answer } end
end

-- due is when a message may run: '' now, '+5' in 5 ms, '@5' at 5 ms of the clock.
local function due(when)
  local ms = tonumber(string.sub(when, 2)) or 0
  if string.sub(when, 1, 1) == '+' then return at + ms end
  return ms
end

-- stale reports whether a once has had its turn; otherwise this is it.
local function stale(once)
  local seq, name = string.match(once, '^(%d+) (.*)$')
  local last = tonumber(redis.call('HGET', onces, name) or 0)
  if tonumber(seq) <= last then return string.format('%.0f', last) end
end

local limit = redis.call('HMGET', settings, 'max', 'parked', 'bytes', 'closed')
local room = tonumber(limit[1] or 0)
if limit[4] then
  room = 0
elseif room == 0 then
  room = math.huge
else
  for lane = 1, SUSPECTS do room = room - redis.call('LLEN', KEYS[lane]) end
  room = room - redis.call('ZCARD', schedule) - groups().waiting() - tonumber(limit[2] or 0)
end

-- space is how many bytes more may wait: what waits takes as many as the server
-- thinks of by samples.
local space = tonumber(limit[3] or math.huge)
for _, key in ipairs(limit[3] and { KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], scheduled, KEYS[12], shelf } or {}) do
  space = space - (redis.call('MEMORY', 'USAGE', key) or 0)
end

local refused, ready, sooner, count = {}, {}, false, 0

-- admit reports whether a message gets in, or notes why not.
local function admit(i, id, key, once)
  local index = (i - FIRST) / EACH
  local function refuse(why, detail)
    refused[#refused + 1] = string.char(math.floor(index / 256), index % 256) .. why .. detail .. string.rep('\0', ID_END - #detail)
    return false
  end
  if once ~= '' then
    local last = stale(once)
    if last then return refuse('S', last) end
  end
  if room < 1 or space < 1 then return refuse('F', '') end
  if once ~= '' then
    local seq, name = string.match(once, '^(%d+) (.*)$')
    redis.call('HSET', onces, name, seq)
  end
  if key ~= '' then
    local window, name = string.match(key, '^(%d+) (.*)$')
    local taken = holder(unique, name, at)
    if taken == id then return false end
    if taken then return refuse('D', taken) end
    hold(unique, windows, name, tonumber(window), id, at)
  end
  return true
end

for i = FIRST, #ARGV, EACH do
  local envelope, when = ARGV[i], ARGV[i + 1]
  if admit(i, id_of(envelope), ARGV[i + 2], ARGV[i + 3]) then
    count, room, space = count + 1, room - 1, space - #envelope
    if due(when) > at then
      sooner = sooner or due(when) < (tonumber(redis.call('ZRANGE', schedule, 0, 0, 'WITHSCORES')[2]) or math.huge)
      put_off(scheduled, envelope, due(when))
    else
      ready[#ready + 1] = envelope
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
