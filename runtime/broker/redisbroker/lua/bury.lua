-- Makes a dead letter of a claimed element that cannot be read, so that it
-- stops nothing else. It is kept as it is, under an id that is given with it.
local dead, letters, idle, claims, list = KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22]
local worker, number, index, id, element = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]

local bits = redis.call('HGET', claims, number)
if not bits or settled(bits, index) then return 0 end

local place = math.floor(index / 8) + 1
local byte = string.char(string.byte(bits, place) + bit.lshift(1, index % 8))
bits = string.sub(bits, 1, place - 1) .. byte .. string.sub(bits, place + 1)
redis.call('HDEL', claims, number)
local last = bits == string.rep('\255', #bits)
groups().land('c' .. worker .. ' ' .. number, 1, last, function(i) return i == index end)
if last then
  redis.call('DEL', list)
else
  redis.call('HSET', claims, number, bits)
end
local expires = redis.call('ZSCORE', holders, worker)
if expires and redis.call('HLEN', claims) == 0 then
  redis.call('ZREM', holders, worker)
  redis.call('ZADD', idle, expires, worker)
end
if not whole(element) then id = grave(letters, element) end
redis.call('ZADD', dead, at, id)
redis.call('HINCRBY', counters, 'died', 1)
redis.call('HINCRBY', counters, 'letters', #element - redis.call('HSTRLEN', letters, id))
redis.call('HSET', letters, id, element)
trim(dead, letters)
rouse()
return 1
