-- Tells a waiter whether a cycle may find work now, and if not, for how long
-- there will be none by what is known (-1: for ever). A token that is still
-- there then has nothing to tell: whoever waits was told, and this one knows. The
-- last value is how many tasks are parked.
local all = lengths()
local next = time_brings('', all)
if next and next <= at or claimable(all, true) then return { 1, 0, all.parked } end
redis.call('DEL', wake)
return { 0, next and next - at or -1, all.parked }
