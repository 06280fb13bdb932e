-- A page of scheduled or dead tasks: those behind a place, which is a score and
-- an id, in the order of scores and ids or backwards. It ends early where it
-- would carry too much.
local index, envelopes = KEYS[1], KEYS[2]
local score, id, limit, backwards = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'

-- behind reports whether the element at a rank is greater than the place.
local function behind(rank)
  local element = redis.call('ZRANGE', index, rank, rank, 'WITHSCORES')
  local at = tonumber(element[2])
  if at ~= score then return at > score end
  return element[1] > id
end

-- The first rank behind the place, by bisection.
local low, high = 0, redis.call('ZCARD', index)
local size = high
if id ~= '' then
  while low < high do
    local middle = math.floor((low + high) / 2)
    if behind(middle) then high = middle else low = middle + 1 end
  end
  if backwards then
    local rank = low - 1
    if rank >= 0 and redis.call('ZRANGE', index, rank, rank)[1] == id then low = rank end
  end
elseif backwards then
  low = size
end

local found
if backwards then
  local from = math.max(low - limit, 0)
  found = low > 0 and redis.call('ZRANGE', index, from, low - 1, 'WITHSCORES') or {}
else
  found = redis.call('ZRANGE', index, low, low + limit - 1, 'WITHSCORES')
end
local first, last, step = 1, #found - 1, 2
if backwards then first, last, step = #found - 1, 1, -2 end
local page, bytes = {}, 0
for i = first, last, step do
  bytes = bytes + redis.call('HSTRLEN', envelopes, found[i])
  if bytes > CLAIM_BYTES and #page > 0 then return { 1, page } end
  table.insert(page, found[i])
  table.insert(page, found[i + 1])
  table.insert(page, redis.call('HGET', envelopes, found[i]) or '')
end
local rest = backwards and math.max(low - limit, 0) or math.max(size - low - limit, 0)
return { rest, page }
