-- Ends a session without a loss: what it still holds goes back to the heads of
-- its lanes, the oldest claim and lowest index first.
local counters, sessions, idle, claims = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local worker, suspects = ARGV[1], ARGV[2] == '1'
local LISTS, FIRST = 13, 3 -- KEYS: the claims; ARGV: their numbers, the newest first

local at = now()
local last = redis.call('HGET', sessions, worker)
if not last or last == 'F' then return redis.error_reply('FENCED') end
if redis.call('HLEN', claims) ~= #ARGV - FIRST + 1 then return redis.error_reply('CHANGED') end

redis.call('HDEL', sessions, worker)
redis.call('ZREM', idle, worker)
redis.call('ZREM', holders, worker)
local released = 0
for i = FIRST, #ARGV do
  local list, bits, heads = KEYS[LISTS + i - FIRST], redis.call('HGET', claims, ARGV[i]), {}
  local envelopes = redis.call('LRANGE', list, 0, -1)
  for k = #envelopes, 1, -1 do
    local index = k - 1
    if bit.band(string.byte(bits, math.floor(index / 8) + 1), bit.lshift(1, index % 8)) == 0 then
      table.insert(heads, envelopes[k])
    end
  end
  push('LPUSH', heads)
  released = released + #heads
  redis.call('DEL', list)
end
redis.call('DEL', claims)
if released > 0 then redis.call('HINCRBY', counters, 'released', released) end
return standing(worker, suspects, at, lengths())
