-- Makes a commit: adds results, and keeps the progress of partitions. A script isn't rolled back where a command
-- fails, so everything that can make one fail is looked at before the first that writes. KEYS: the positions,
-- outputs, lists of results that were staged. ARGV: number of this commit, number of partitions, number of lists;
-- for each partition: its number, epoch, number of its last commit, progress; for each list its length; then, where
-- there are no lists, results. A result is its output from 1, the number of its fields and values, and these in
-- turns.
local positions = KEYS[1]
local number, partitions, lists = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local outputs = #KEYS - 1 - lists
local lengths = 4 + 4 * partitions
local results = lengths + lists

local function unstage()
	for i = outputs + 2, #KEYS do
		redis.call('UNLINK', KEYS[i])
	end
end

for i = 4, lengths - 1, 4 do
	local partition = ARGV[i]
	local kept = redis.call('HMGET', positions, 'epoch:' .. partition, 'commit:' .. partition, 'holder:' .. partition,
		'claimed:' .. partition)
	local epoch = tonumber(kept[1]) or 0
	if epoch > tonumber(ARGV[i + 1]) then
		unstage()
		return {'taken', partition, kept[3], kept[4]}
	elseif epoch < tonumber(ARGV[i + 1]) then
		return {'lost', partition}
	elseif tonumber(kept[2]) >= tonumber(number) then
		unstage()
		return {'made'} -- before, by the same script, whose answer was lost
	elseif kept[2] ~= ARGV[i + 2] then
		return {'lost', partition}
	end
end

for i = 2, outputs + 1 do
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
for i = 1, lists do
	if redis.call('LLEN', KEYS[1 + outputs + i]) ~= tonumber(ARGV[lengths + i - 1]) then
		return {'unstaged'}
	end
end

local function add(entries, at)
	local count = #entries
	while at <= count do
		local last = at + 1 + entries[at + 1]
		redis.call('XADD', KEYS[1 + entries[at]], '*', unpack(entries, at + 2, last))
		at = last + 1
	end
end
for i = outputs + 2, #KEYS do
	add(redis.call('LRANGE', KEYS[i], 0, -1), 1)
end
add(ARGV, results)
unstage()
local now = redis.call('TIME')[1]
for i = 4, lengths - 1, 4 do
	redis.call('HSET', positions, 'commit:' .. ARGV[i], number, 'progress:' .. ARGV[i], ARGV[i + 3],
		'committed:' .. ARGV[i], now)
end
return {'made'}
