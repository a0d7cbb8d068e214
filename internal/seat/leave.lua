-- leave frees a seat, or gives it another name, if the owner still has it.

local seats, owners = KEYS[1], KEYS[2]
local seat, owner, renamed = ARGV[1], ARGV[2], ARGV[3] -- renamed: '' to free it

if redis.call('HGET', owners, seat) ~= owner then
  return 0
end
local lease_end = redis.call('ZSCORE', seats, seat)
redis.call('ZREM', seats, seat)
redis.call('HDEL', owners, seat)
if renamed ~= '' and lease_end then
  redis.call('ZADD', seats, lease_end, renamed)
  redis.call('HSET', owners, renamed, owner)
end
return 1
