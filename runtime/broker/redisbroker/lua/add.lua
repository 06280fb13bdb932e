-- Adds a few ordinary messages to one lane, once. It is enqueue.lua for messages
-- that ask for nothing, and shares nothing with it, as each function of a script
-- costs at every call: one message takes half the time.
local lane, wake, counters, settings, producer = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local number, remember = ARGV[1], ARGV[2] -- then the envelopes

local at = now()
local last = redis.call('GET', producer)
if last and tonumber(string.match(last, '^%d+')) >= tonumber(number) then return { at, 'in' } end
if redis.call('HEXISTS', settings, 'max') == 1 then return { at, 'limited' } end

redis.call('RPUSH', lane, unpack(ARGV, 3))
redis.call('HINCRBY', counters, 'enqueued', #ARGV - 2)
redis.call('SET', producer, number .. ' ', 'PX', remember)
if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '') end
return { at, 'in' }
