-- Frames a transaction that adds many messages without passing them through a
-- script: open, then RPUSHX to the opened lanes, then close. Only if open finds
-- that nothing was done yet are there lists that RPUSHX adds to.
-- It is one script, so that a server knows both parts or none.
local producer = KEYS[11]
local part, number, remember = ARGV[1], ARGV[2], ARGV[3]
local OPENED, FIRST, EACH = 11, 4, 3 -- KEYS: an opened lane for each; ARGV: lane, count, bytes of the largest

local state = redis.call('GET', producer) or '0 '
local done, rest = string.match(state, '^(%d+) (.*)$')

local function parts_of()
  local all = {}
  for i = FIRST, #ARGV, EACH do
    local number = tonumber(ARGV[i])
    table.insert(all, {
      number = number, lane = KEYS[number], opened = KEYS[OPENED + #all + 1],
      count = tonumber(ARGV[i + 1]), largest = tonumber(ARGV[i + 2]),
    })
  end
  return all
end

-- open puts each lane under its opened name. One that is empty begins with an
-- element of ours, as RPUSHX needs a list.
if part == 'open' then
  if tonumber(number) <= tonumber(done) then return { at, 'in' } end
  if redis.call('HEXISTS', settings, 'max') == 1 then return { at, 'limited' } end
  local before, parts = {}, parts_of()
  for i, p in ipairs(parts) do
    before[i] = redis.call('LLEN', p.lane)
    if redis.call('EXISTS', p.opened) == 1 then return redis.error_reply('CORRUPT ' .. p.opened .. ' is there') end
  end
  for i, p in ipairs(parts) do
    if before[i] == 0 then redis.call('RPUSH', p.opened, '') else redis.call('RENAME', p.lane, p.opened) end
  end
  redis.call('SET', producer, number .. ' opened ' .. table.concat(before, ' '), 'PX', remember)
  return { at, 'opened' }
end

local opened = done == number and string.match(rest, '^opened (.*)$')
if not opened then return { at, 'not opened' } end

local before, complete, total, parts = {}, true, 0, parts_of()
for length in string.gmatch(opened, '%d+') do table.insert(before, tonumber(length)) end
for i, p in ipairs(parts) do
  complete = complete and redis.call('LLEN', p.opened) == math.max(before[i], 1) + p.count
  total = total + p.count
end
for i, p in ipairs(parts) do
  if not complete then redis.call('LTRIM', p.opened, 0, math.max(before[i], 1) - 1) end
  if before[i] == 0 then redis.call('LPOP', p.opened) end
  if redis.call('EXISTS', p.opened) == 1 then redis.call('RENAME', p.opened, p.lane) end
  if complete and p.largest > LARGE then pushed('RPUSH', p.number, p.count, before[i] + p.count, p.largest) end
end
if not complete then
  redis.call('SET', producer, string.format('%.0f ', tonumber(number) - 1), 'PX', remember)
  return { at, 'not in' }
end
redis.call('HINCRBY', counters, 'enqueued', total)
redis.call('SET', producer, number .. ' ', 'PX', remember)
rouse()
return { at, 'in' }
