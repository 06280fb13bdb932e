-- Drops the first tasks of a lane, of the schedule, of the parked ones or of the
-- dead letters, and
-- returns how many that were.
local unique, marks, index, data = KEYS[19], KEYS[20], KEYS[21], KEYS[22]
local lane, limit = tonumber(ARGV[1]), tonumber(ARGV[2]) -- lane 0: the index, 6: those of groups, 7: what is parked

local envelopes, ids = {}, {}
if lane == 7 then
  envelopes = parking(index, data).drop(limit)
elseif lane == 6 then
  envelopes = groups().drop(limit)
elseif lane > 0 then
  local reach, size = large(lane)
  if reach > 0 then limit = math.max(1, math.min(limit, math.floor(CLAIM_BYTES / size))) end
  envelopes = redis.call('LRANGE', KEYS[lane], 0, limit - 1)
else
  ids, envelopes = read(data, redis.call('ZRANGE', index, 0, limit - 1))
end
if #envelopes == 0 then return 0 end

if lane > 0 and lane <= SUSPECTS then
  redis.call('LTRIM', KEYS[lane], #envelopes, -1)
  shrunk(lane)
elseif lane == 0 then
  redis.call('ZREM', index, unpack(ids))
  redis.call('HDEL', data, unpack(ids))
end
local bytes = 0
for _, envelope in ipairs(envelopes) do
  bytes = bytes + (envelope and #envelope or 0)
  local key = envelope and bound_key(envelope)
  if key then free(unique, key, id_of(envelope)) end
  if envelope then redis.call('HDEL', marks, id_of(envelope)) end
end
redis.call('HINCRBY', counters, 'deleted', #envelopes)
if lane == 0 and index == KEYS[18] then redis.call('HINCRBY', counters, 'letters', -bytes) end
return #envelopes
