-- wrk -s requests.lua URL -- FILE RUN
--
-- Sends the requests of FILE in turn. FILE holds them as text ("METHOD path", headers, an empty line,
-- the body), parted by lines of "%%". Where a request carries the mark below, it is replaced by a text
-- of the same length that no other request of any run has; RUN is eight characters unique to this run.

local MARK = "UNIQUEPERREQUEST__"

local threads = 0
local fixed, marked = {}, {}
local turn, sent = 0, 0

local function parse(block)
  local head, body = block:match("^(.-)\n\n(.*)$")
  local lines = head:gmatch("[^\n]+")
  local method, path = lines():match("^(%S+) (%S+)$")
  local headers = {}
  for line in lines do
    local name, value = line:match("^(.-): (.*)$")
    headers[name] = value
  end
  return wrk.format(method, path, headers, body ~= "" and body or nil)
end

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  run = args[2]
  local file = assert(io.open(args[1]))
  for block in (file:read("*a") .. "\n%%\n"):gmatch("(.-)\n%%%%\n") do
    local text = parse(block)
    fixed[#fixed + 1] = text
    marked[#marked + 1] = text:find(MARK, 1, true) ~= nil
  end
  file:close()
  turn = number * math.floor(#fixed / 2)
end

function request()
  turn = turn % #fixed + 1
  if not marked[turn] then return fixed[turn] end
  sent = sent + 1
  return (fixed[turn]:gsub(MARK, string.format("%s-%d-%07d", run, number, sent)))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.3f, "p99_ms": %.3f, '
      .. '"bad_status": %d, "socket_errors": %d, "timeouts": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
