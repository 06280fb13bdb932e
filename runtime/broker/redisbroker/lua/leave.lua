-- Ends a session without a loss: what it still holds goes back to the heads of
-- its lanes, the oldest claim and lowest index first.
local dead, unique, letters, sessions, idle, progress, claims = KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24]
local worker, suspects = ARGV[1], ARGV[2] == '1'
local LISTS, FIRST = 25, 3 -- KEYS: the claims; ARGV: their numbers, the newest first

local last = redis.call('HGET', sessions, worker)
if not last or last == 'F' then return redis.error_reply('FENCED lease lost') end
local bits = {}
for i = FIRST, #ARGV do
  bits[i] = redis.call('HGET', claims, ARGV[i])
  if not bits[i] then return redis.error_reply('CHANGED claims') end
end
if redis.call('HLEN', claims) ~= #ARGV - FIRST + 1 then return redis.error_reply('CHANGED claims') end

redis.call('HDEL', sessions, worker)
redis.call('ZREM', idle, worker)
redis.call('ZREM', holders, worker)
local released, died = 0, 0
for i = FIRST, #ARGV do
  local list = KEYS[LISTS + i - FIRST]
  local heads, bad = readable(unsettled(list, bits[i]))
  groups().land('c' .. worker .. ' ' .. ARGV[i], #heads + #bad, true, function(k) return not settled(bits[i], k) end)
  forget_progress(progress, heads)
  push('LPUSH', heads)
  for _, envelope in ipairs(bad) do bury(dead, letters, unique, envelope, at) end
  released, died = released + #heads, died + #bad
  redis.call('DEL', list)
end
redis.call('DEL', claims)
if died > 0 then redis.call('HINCRBY', counters, 'died', died) end
if released > 0 then redis.call('HINCRBY', counters, 'released', released) end
trim(dead, letters)
return standing(worker, suspects, lengths())
