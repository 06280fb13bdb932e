-- Replaces the settings of a queue.
local paused, max = ARGV[1], ARGV[2]
redis.call('DEL', settings)
if paused == '1' then redis.call('HSET', settings, 'paused', '1') end
if max ~= '0' then redis.call('HSET', settings, 'max', max) end
rouse()
return 1
