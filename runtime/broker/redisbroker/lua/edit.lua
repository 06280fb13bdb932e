-- Changes one task from outside, if it is still where the caller has seen it; the
-- answer is 0 if it is not.
local dead, scheduled, unique, windows, letters, marks, bucket, parked, shelf =
  KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24], KEYS[25], KEYS[26]
local action, where, id, element = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
-- cancel: retention, reason, channel; requeue: the envelope as it goes on, that
-- without its unique key, the key, its window; reschedule: after how long.
local first, second, third, fourth, shape = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]

local index, data = schedule, scheduled
if where == 'dead' then index, data = dead, letters end

-- take removes the task from where it was seen. Its first write is one that a
-- full server accepts.
local function take()
  if where == 'pending' then
    local gone = redis.call('LREM', KEYS[lane_of(element)], 1, element) == 1
    shrunk(lane_of(element))
    return gone
  end
  if where == 'grouped' then
    if not groups().pull(id, element) then return false end
    element = string.sub(element, 17)
    return true
  end
  if where == 'parked' then
    if not parking(parked, shelf).pull(id, shape, element) then return false end
    element = string.sub(element, 17)
    return true
  end
  if redis.call('HGET', data, id) ~= element then return false end
  redis.call('ZREM', index, id)
  redis.call('HDEL', data, id)
  if where == 'dead' then redis.call('HINCRBY', counters, 'letters', -#element) end
  return true
end

if not take() then return 0 end
if action == 'delete' or action == 'cancel' then redis.call('HDEL', marks, id) end
local key = bound_key(element)
if action == 'reschedule' then
  put_off(scheduled, element, at + tonumber(first))
elseif action == 'requeue' then
  if third ~= '' then
    local taken = holder(unique, third, at)
    if not taken then hold(unique, windows, third, tonumber(fourth), id, at) end
    if taken and taken ~= id then first = second end
  end
  push('RPUSH', { stamp(first, at) })
elseif action == 'delete' then
  if key then free(unique, key, id) end
  redis.call('HINCRBY', counters, 'deleted', 1)
else
  if key then free(unique, key, id) end
  redis.call('HINCRBY', counters, 'discarded', 1)
  if tonumber(first) > 0 then
    keep(bucket, id, DISCARDED, tonumber(first), second, at)
    redis.call('PUBLISH', third, id .. DISCARDED)
  end
end
if action == 'requeue' or action == 'reschedule' then rouse() end
return 1
