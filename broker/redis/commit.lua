-- Makes a commit: adds results, and keeps the progress of partitions. A script isn't rolled back where a command fails,
-- so everything that can make one fail is looked at before the first that writes.
-- KEYS: the positions, outputs.
-- ARGV: number of this commit, number of partitions, and for each: partition, epoch, number of its last commit, progress;
-- then for each result: its output from 1, number of its fields and values, these in turns.
local positions = KEYS[1]
local number, partitions = ARGV[1], tonumber(ARGV[2])
local results = 3 + 4 * partitions

for i = 3, results - 1, 4 do
	local partition = ARGV[i]
	local kept = redis.call('HMGET', positions, 'epoch:' .. partition, 'commit:' .. partition, 'holder:' .. partition,
		'claimed:' .. partition)
	local epoch = tonumber(kept[1]) or 0
	if epoch > tonumber(ARGV[i + 1]) then
		return {'taken', partition, kept[3], kept[4]}
	elseif epoch < tonumber(ARGV[i + 1]) then
		return {'lost', partition}
	elseif tonumber(kept[2]) >= tonumber(number) then
		return {'made'} -- before, by the same script, whose answer was lost
	elseif kept[2] ~= ARGV[i + 2] then
		return {'lost', partition}
	end
end

for i = 2, #KEYS do
	local about = redis.pcall('XINFO', 'STREAM', KEYS[i])
	if about.err then
		if not string.find(about.err, 'no such key', 1, true) then
			return {'refused', i - 1, about.err}
		end
	else
		for k = 1, #about, 2 do
			if about[k] == 'last-generated-id' and string.find(about[k + 1], '^18446744073709551615%-') then
				return {'refused', i - 1, 'its last id is ' .. about[k + 1] .. ', and ids must grow'}
			end
		end
	end
	if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', KEYS[i], '*', 'json', '') then
		return {'refused', i - 1, 'NOPERM the user may not XADD to it'}
	end
end

local at = results
while at <= #ARGV do
	local last = at + 1 + ARGV[at + 1]
	redis.call('XADD', KEYS[1 + ARGV[at]], '*', unpack(ARGV, at + 2, last))
	at = last + 1
end
local now = redis.call('TIME')[1]
for i = 3, results - 1, 4 do
	redis.call('HSET', positions, 'commit:' .. ARGV[i], number, 'progress:' .. ARGV[i], ARGV[i + 3], 'committed:' .. ARGV[i], now)
end
return {'made'}
