-- take gives a seat to a connection. A seat that is known is taken over
-- whatever the limit. Answers {1, the owner before or ''}, or {0, ''} when the
-- seat is a new one and none is free.

local seats, owners = KEYS[1], KEYS[2]
local seat, owner = ARGV[1], ARGV[2]
local limit = tonumber(ARGV[3])
local lease = tonumber(ARGV[4]) -- milliseconds

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, ended in ipairs(redis.call('ZRANGEBYSCORE', seats, '-inf', now)) do
  redis.call('ZREM', seats, ended)
  redis.call('HDEL', owners, ended)
end
local before = redis.call('HGET', owners, seat) or ''
if not redis.call('ZSCORE', seats, seat) and redis.call('ZCARD', seats) >= limit then
  return {0, ''}
end
redis.call('ZADD', seats, now + lease, seat)
redis.call('HSET', owners, seat, owner)
redis.call('PEXPIRE', seats, lease * 2)
redis.call('PEXPIRE', owners, lease * 2)
return {1, before}
