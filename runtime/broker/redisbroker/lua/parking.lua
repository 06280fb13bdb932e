-- What the scripts share that deal with parked tasks. A shape is a kind, a zero
-- byte and five digits of a version; a member of the index is a shape, sixteen
-- digits of a number that rises with each parking, and an id. The functions are
-- made when one is needed.
local function parking(index, data)
  local made, SEQ = {}, 16

  local function range(shape, n)
    return redis.call('ZRANGEBYLEX', index, '[' .. shape, '(' .. shape .. ':', 'LIMIT', 0, n) -- : comes behind 9
  end

  local function drop(members, ids)
    redis.call('ZREM', index, unpack(members, 1, #ids))
    redis.call('HDEL', data, unpack(ids))
    if redis.call('HINCRBY', settings, 'parked', -#ids) == 0 then redis.call('HDEL', settings, 'parked') end
  end

  -- take takes out the tasks of some members, as far as they are not too much to
  -- pass through a script; it returns their values.
  local function take(members)
    local ids = {}
    for i, member in ipairs(members) do ids[i] = string.sub(member, -ID_END) end
    local found, values = read(data, ids)
    if #found > 0 then drop(members, found) end
    local present = {}
    for i in ipairs(found) do
      if values[i] then present[#present + 1] = values[i] end
    end
    return present
  end

  -- shapes are those of the parked tasks.
  function made.shapes()
    local shapes, from = {}, '-'
    while true do
      local member = redis.call('ZRANGEBYLEX', index, from, '+', 'LIMIT', 0, 1)[1]
      if not member then return shapes end
      shapes[#shapes + 1] = string.sub(member, 1, -ID_END - SEQ - 1)
      from = '(' .. shapes[#shapes] .. ':'
    end
  end

  -- park lets a task wait for a worker that knows its shape; false: there are too
  -- many shapes already.
  function made.park(shape, envelope)
    if #range(shape, 1) == 0 and #made.shapes() >= MAX_SHAPES then return false end
    local id, number = id_of(envelope), string.format('%016.0f', redis.call('HINCRBY', counters, 'parkings', 1))
    redis.call('ZADD', index, 0, shape .. number .. id)
    redis.call('HSET', data, id, number .. envelope)
    redis.call('HINCRBY', settings, 'parked', 1)
    return true
  end

  -- unpark puts tasks of some shapes to the heads of their lanes, in the order in
  -- which they were parked. It returns those that cannot be read.
  function made.unpark(shapes)
    local members, asked = {}, {}
    for _, shape in ipairs(shapes) do
      if not asked[shape] then
        for _, member in ipairs(range(shape, PROMOTE_BATCH - #members)) do members[#members + 1] = member end
      end
      asked[shape] = true
    end
    local values, heads, grouped, numbers, bad = take(members), {}, {}, {}, {}
    table.sort(values)
    for k = #values, 1, -1 do
      local envelope = string.sub(values[k], SEQ + 1)
      if not whole(envelope) then
        bad[#bad + 1] = envelope
      elseif lane_of(envelope) == GROUPS then
        grouped[#grouped + 1], numbers[#numbers + 1] = envelope, tonumber(string.sub(values[k], 1, SEQ))
      else
        heads[#heads + 1] = envelope
      end
    end
    push('LPUSH', heads)
    if #grouped > 0 then groups().push('PARKED', grouped, numbers) end
    return bad
  end

  -- pull takes out one task; value is what the data have of it.
  function made.pull(id, shape, value)
    if redis.call('HGET', data, id) ~= value then return false end
    drop({ shape .. string.sub(value, 1, SEQ) .. id }, { id })
    return true
  end

  -- drop takes out the first n tasks of all; it returns their envelopes.
  function made.drop(n)
    local envelopes = take(redis.call('ZRANGE', index, 0, n - 1))
    for i, value in ipairs(envelopes) do envelopes[i] = string.sub(value, SEQ + 1) end
    return envelopes
  end

  return made
end
