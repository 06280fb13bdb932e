-- A page of the tasks in the lanes of groups: those of one priority behind a
-- place. It ends early where it would carry too much.
local tasks, data = KEYS[1], KEYS[2]
local priority, behind, limit, room = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local from = behind == '' and '[' .. priority or '(' .. behind
local members = redis.call('ZRANGEBYLEX', tasks, from, '(' .. string.char(string.byte(priority) + 1), 'LIMIT', 0, limit + 1)
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
