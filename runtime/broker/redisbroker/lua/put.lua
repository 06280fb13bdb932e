-- Writes or drops a row of a table, once, if the stored one has the version that
-- the caller knows. A repeat of a producer's number returns the first answer.
local rows, ends, versions, producer = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local number, remember, table, name, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] -- *: any
local ttl, data = tonumber(ARGV[6] or 0), ARGV[7] -- no data: drop it

local at = now()
local last = redis.call('GET', producer)
if last then
  local done, answer = string.match(last, '^(%d+) (.*)$')
  if tonumber(number) <= tonumber(done) then return { at, answer } end
end

-- A write that a full server accepts; it keeps room for these.
redis.call('HDEL', rows, '')

local function drop(names)
  if #names == 0 then return end
  redis.call('HDEL', rows, unpack(names))
  redis.call('ZREM', ends, unpack(names))
end

-- stored is the version of the row; 0: there is none, or its time is over.
local row = redis.call('HGET', rows, name)
local stored, over = string.match(row or '', '^(%d+) (%d+) ')
if not stored or over ~= '0' and tonumber(over) <= at then stored = '0' end

local function answer(text)
  redis.call('SET', producer, number .. ' ' .. text, 'PX', remember)
  return { at, text }
end

if version ~= '*' and version ~= stored then return answer('stale ' .. stored) end
if not data then
  drop({ name })
  return answer('done 0')
end
if not row then -- a row that is renewed takes no room, so it need not make any
  drop(redis.call('ZRANGEBYSCORE', ends, '-inf', at, 'LIMIT', 0, SWEEP_BATCH))
  if redis.call('HLEN', rows) >= MAX_RECORDS then return answer('full 0') end
end
local next = string.format('%.0f', redis.call('HINCRBY', versions, table, 1))
local expires = ttl > 0 and at + ttl or 0
redis.call('HSET', rows, name, next .. string.format(' %.0f ', expires) .. data)
if ttl > 0 then
  redis.call('ZADD', ends, expires, name)
elseif over and over ~= '0' then
  redis.call('ZREM', ends, name)
end
return answer('done ' .. next)
