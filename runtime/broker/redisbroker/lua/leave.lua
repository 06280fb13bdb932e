-- Ends a session without a loss: what it still holds goes back to the heads of
-- its lanes, the oldest claim and lowest index first.
local counters, sessions, idle, progress, claims = KEYS[10], KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local worker, suspects = ARGV[1], ARGV[2] == '1'
local LISTS, FIRST = 15, 3 -- KEYS: the claims; ARGV: their numbers, the newest first

local at = now()
local last = redis.call('HGET', sessions, worker)
if not last or last == 'F' then return redis.error_reply('FENCED lease lost') end
if redis.call('HLEN', claims) ~= #ARGV - FIRST + 1 then return redis.error_reply('CHANGED claims') end

redis.call('HDEL', sessions, worker)
redis.call('ZREM', idle, worker)
redis.call('ZREM', holders, worker)
local released = 0
for i = FIRST, #ARGV do
  local list = KEYS[LISTS + i - FIRST]
  local heads = unsettled(list, redis.call('HGET', claims, ARGV[i]))
  forget_progress(progress, heads)
  push('LPUSH', heads)
  released = released + #heads
  redis.call('DEL', list)
end
redis.call('DEL', claims)
if released > 0 then redis.call('HINCRBY', counters, 'released', released) end
return standing(worker, suspects, at, lengths())
