-- Each request is that of a random client; the file PRINTED has a header a line.

local requests = {}

function init()
  math.randomseed(os.time())
  for line in io.lines(os.getenv("PRINTED")) do
    local name, value = line:match("^([^:]+): (.*)$")
    requests[#requests + 1] = wrk.format("GET", "/", { [name] = value })
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
