-- Replaces the settings of a queue, once, if they have the version that the caller
-- knows; they come as names and values. Or looks again
-- at a part of what is set aside by the limits, as they are now.
if ARGV[1] == 'review' then
  local answer = groups().review(tonumber(ARGV[2]), tonumber(ARGV[3]))
  if answer[1] > answer[2] then rouse() end
  return answer
end

local producer = KEYS[19]
local number, remember, version = ARGV[2], ARGV[3], ARGV[4] -- 0: any, '': none yet
local FIRST = 5

local last = redis.call('GET', producer)
if last then
  local done, answer = string.match(last, '^(%d+) (.*)$')
  if tonumber(number) <= tonumber(done) then return { answer } end
end

redis.call('HDEL', settings, '') -- a write that a full server accepts
local function answer(text)
  redis.call('SET', producer, number .. ' ' .. text, 'PX', remember)
  return { text }
end

local stored = redis.call('HMGET', settings, 'version', 'grouped', 'parked')
if version ~= '0' and version ~= (stored[1] or '') then return answer('stale ' .. (stored[1] or '0')) end
redis.call('DEL', settings)
redis.call('HSET', settings, 'version', string.format('%.0f', tonumber(stored[1] or 0) + 1), unpack(ARGV, FIRST))
if stored[2] then redis.call('HSET', settings, 'grouped', stored[2]) end
if stored[3] then redis.call('HSET', settings, 'parked', stored[3]) end
rouse()
return answer('done')
