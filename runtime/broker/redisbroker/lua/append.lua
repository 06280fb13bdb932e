-- Adds lines to a log, once, and drops the oldest beyond what is kept; the newest
-- line is the first of the list. Lines are counted, so that pages fit together.
local list, lines, producer = KEYS[1], KEYS[2], KEYS[3]
local number, remember, log, keep = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local FIRST = 5

local last = redis.call('GET', producer)
if last and tonumber(string.match(last, '^%d+')) >= tonumber(number) then return {} end

-- A write that a full server accepts; the log does not grow without bounds.
redis.call('LTRIM', list, 0, keep - 1)
if #ARGV >= FIRST then
  redis.call('LPUSH', list, unpack(ARGV, FIRST))
  redis.call('LTRIM', list, 0, keep - 1)
  redis.call('HINCRBY', lines, log, #ARGV - FIRST + 1)
end
redis.call('SET', producer, number .. ' ', 'PX', remember)
return {}
