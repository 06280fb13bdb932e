-- Reads rows of a table: those named, or all. Of a large table only the names
-- are told, for the caller to ask in parts. What is left of a row's life is in ms, 0 for good.
local rows = KEYS[1]
local most, names = tonumber(ARGV[1]), {}
for i = 2, #ARGV do names[i - 1] = ARGV[i] end

local at = now()
if #names == 0 then
  names = redis.call('HKEYS', rows)
  if #names > most then return { at, names, {} } end
end
local found = {}
for _, name in ipairs(names) do
  local value = redis.call('HGET', rows, name) or ''
  local version, expires, start = string.match(value, '^(%d+) (%d+) ()')
  if version and (expires == '0' or tonumber(expires) > at) then
    found[#found + 1] = name
    found[#found + 1] = version
    found[#found + 1] = expires == '0' and '0' or string.format('%.0f', tonumber(expires) - at)
    found[#found + 1] = string.sub(value, start)
  end
end
return { at, {}, found }
