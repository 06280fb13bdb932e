-- Replaces the settings of a queue, which come as names and values; or looks again
-- at a part of what is set aside by the limits, as they are now.
if ARGV[1] == 'review' then
  local answer = groups().review(tonumber(ARGV[2]), tonumber(ARGV[3]))
  if answer[1] > answer[2] then rouse() end
  return answer
end

local grouped = redis.call('HGET', settings, 'grouped')
redis.call('DEL', settings)
if grouped then redis.call('HSET', settings, 'grouped', grouped) end
if #ARGV > 1 then redis.call('HSET', settings, unpack(ARGV, 2)) end
rouse()
return {}
