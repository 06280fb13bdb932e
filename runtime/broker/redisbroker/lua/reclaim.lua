-- Takes one claim from a session that has lapsed: its unsettled tasks go back,
-- with one loss more, and the session is fenced. The answer has those that died of
-- it, as far as they can be read. If somebody else was faster,
-- nothing is done. A session whose claims have vanished, by whatever hand, is
-- forgotten: nobody would ever reclaim the last of them.
local dead, unique, letters, sessions, progress, marks, claims, list =
  KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24], KEYS[25]
local worker, suspects, lapsed, number, channel = ARGV[1], ARGV[2] == '1', ARGV[3], ARGV[4], ARGV[5]

local expires = tonumber(redis.call('ZSCORE', holders, lapsed))
local left = redis.call('HLEN', claims)
local bits = redis.call('HGET', claims, number)
if not expires or expires > at or left > 0 and not bits then return standing(worker, suspects, lengths()) end

redis.call('HDEL', claims, number)
local heads, doubtful, events, lost_letters, died = {}, {}, {}, {}, 0
local lost = bits and unsettled(list, bits) or {}
local known = (bits or '') .. string.rep('\0', 125)
groups().land('c' .. lapsed .. ' ' .. number, #lost, true, function(i) return not settled(known, i) end)
forget_progress(progress, lost)
for _, envelope in ipairs(lost) do
  local losses = LOST_LIMIT
  if whole(envelope) then
    losses = math.min(string.byte(envelope, LOST) + 1, 255)
    envelope = string.sub(envelope, 1, LOST - 1) .. string.char(losses) .. string.sub(envelope, LOST + 1)
  end
  if losses >= LOST_LIMIT then
    died = died + 1
    bury(dead, letters, unique, envelope, at)
    redis.call('HDEL', marks, id_of(envelope))
    if whole(envelope) then lost_letters[#lost_letters + 1] = envelope end
    if whole(envelope) and has(envelope, NOTIFY) then events[#events + 1] = id_of(envelope) .. DEAD end
  elseif losses >= SUSPECT_AFTER then
    doubtful[#doubtful + 1] = envelope
  else
    heads[#heads + 1] = envelope
  end
end
push('LPUSH', heads)
local tails = {} -- in the claim's order
for k = #doubtful, 1, -1 do tails[#tails + 1] = doubtful[k] end
push('RPUSH', tails)
redis.call('DEL', list)
if left <= 1 then
  redis.call('ZREM', holders, lapsed)
  redis.call('HDEL', sessions, lapsed)
else
  redis.call('HSET', sessions, lapsed, 'F')
end
if #lost > 0 then redis.call('HINCRBY', counters, 'lost', #lost) end
if died > 0 then redis.call('HINCRBY', counters, 'died', died) end
if buried > 0 then trim(dead, letters) end
if #events > 0 then redis.call('PUBLISH', channel, table.concat(events)) end
local told = standing(worker, suspects, lengths())
told[5] = lost_letters
return told
