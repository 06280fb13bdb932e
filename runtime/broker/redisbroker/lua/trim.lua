-- trim drops the oldest dead letters beyond the bounds of the queue's settings.
local function trim(dead, letters)
  local spec = redis.call('HGET', settings, 'dead') or DEAD_BOUNDS
  local max, age, bytes = string.match(spec, '^(%S+) (%S+) ([^/]+)')
  max, age, bytes = tonumber(max), tonumber(age), tonumber(bytes)
  local n, heavy = 0, -1
  if max > 0 then n = redis.call('ZCARD', dead) - max end
  if age > 0 then n = math.max(n, #redis.call('ZRANGEBYSCORE', dead, '-inf', at - age, 'LIMIT', 0, TRIM_BATCH)) end
  if bytes > 0 then heavy = tonumber(redis.call('HGET', counters, 'letters') or 0) - bytes end
  if n < 1 and heavy < 1 then return end

  local ids, gone = redis.call('ZRANGE', dead, 0, (heavy > 0 and TRIM_BATCH or math.min(n, TRIM_BATCH)) - 1), 0
  local dropped = {}
  for i, id in ipairs(ids) do
    if i > n and heavy < 1 then break end
    local size = redis.call('HSTRLEN', letters, id)
    heavy, gone, dropped[i] = heavy - size, gone + size, id
  end
  if #dropped == 0 then return end
  redis.call('ZREM', dead, unpack(dropped))
  redis.call('HDEL', letters, unpack(dropped))
  redis.call('HINCRBY', counters, 'dropped', #dropped)
  redis.call('HINCRBY', counters, 'letters', -gone)
end
