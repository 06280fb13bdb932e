-- A page of a log, the newest line first: from the newest one, or behind the line
-- of a number.
local list, lines = KEYS[1], KEYS[2]
local log, number, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]) -- 0: the newest

local total = tonumber(redis.call('HGET', lines, log) or 0)
local skip = number > 0 and total - number + 1 or 0
return { math.max(total - skip, 0), redis.call('LRANGE', list, skip, skip + limit - 1) }
