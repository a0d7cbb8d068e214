-- renew extends the leases of a node's seats in one tenant and restores seats
-- that Redis has lost. Returns the seats that have another owner.

local seats, owners = KEYS[1], KEYS[2]
local lease = tonumber(ARGV[1]) -- milliseconds

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local lost = {}
for i = 2, #ARGV, 2 do
  local seat, owner = ARGV[i], ARGV[i + 1]
  local current = redis.call('HGET', owners, seat)
  if current and current ~= owner then
    lost[#lost + 1] = seat
  else
    redis.call('ZADD', seats, now + lease, seat)
    redis.call('HSET', owners, seat, owner)
  end
end
redis.call('PEXPIRE', seats, lease * 2)
redis.call('PEXPIRE', owners, lease * 2)
return lost
