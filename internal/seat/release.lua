-- release frees a seat, or renames it, if the caller is still its owner.
-- Returns 1 if it was.

local seats, owners = KEYS[1], KEYS[2]
local seat, owner, new_name = ARGV[1], ARGV[2], ARGV[3] -- new_name: '' to free the seat

if redis.call('HGET', owners, seat) ~= owner then
  return 0
end
local lease_end = redis.call('ZSCORE', seats, seat)
redis.call('ZREM', seats, seat)
redis.call('HDEL', owners, seat)
if new_name ~= '' and lease_end then
  redis.call('ZADD', seats, lease_end, new_name)
  redis.call('HSET', owners, new_name, owner)
end
return 1
