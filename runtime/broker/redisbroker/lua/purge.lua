-- Drops the first tasks of a lane, of the schedule or of the dead letters, and
-- returns how many that were.
local counters, unique, marks, index, data = KEYS[10], KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local lane, limit = tonumber(ARGV[1]), tonumber(ARGV[2]) -- lane 0: the index

local envelopes, ids = {}, {}
if lane > 0 then
  envelopes = redis.call('LRANGE', KEYS[lane], 0, limit - 1)
else
  ids = redis.call('ZRANGE', index, 0, limit - 1)
  if #ids > 0 then envelopes = redis.call('HMGET', data, unpack(ids)) end
end
if #envelopes == 0 then return 0 end

if lane > 0 then
  redis.call('LTRIM', KEYS[lane], #envelopes, -1)
else
  redis.call('ZREM', index, unpack(ids))
  redis.call('HDEL', data, unpack(ids))
end
for _, envelope in ipairs(envelopes) do
  local key = envelope and bound_key(envelope)
  if key then free(unique, key, id_of(envelope)) end
  if envelope then redis.call('HDEL', marks, id_of(envelope)) end
end
redis.call('HINCRBY', counters, 'deleted', #envelopes)
return #envelopes
