-- A page of tasks in an index by members: those from one bound to another. It ends
-- early where it would carry too much.
local tasks, data = KEYS[1], KEYS[2]
local from, to, limit, room = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local members = redis.call('ZRANGEBYLEX', tasks, from, to, 'LIMIT', 0, limit + 1)
local page, more = {}, 0
for i, member in ipairs(members) do
  local id = string.sub(member, -16)
  room = room - redis.call('HSTRLEN', data, id)
  if i > limit or room < 0 and #page > 0 then
    more = 1
    break
  end
  page[#page + 1] = member
  page[#page + 1] = redis.call('HGET', data, id) or ''
end
return { more, page }
