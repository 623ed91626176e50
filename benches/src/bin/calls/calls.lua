-- Each call is about a random session; the file PRINTED has the credentials, then a token or a JWT a line.

local calls = {}

function init()
  math.randomseed(os.time())
  local by = os.getenv("BY")
  local headers = { ["content-type"] = "application/json" }
  for line in io.lines(os.getenv("PRINTED")) do
    local name, value = line:match("^([^:]+): (.*)$")
    if name == "authorization" then
      headers["authorization"] = value
    elseif name == by then
      local body = string.format('{"%s":"%s"}', by, value)
      calls[#calls + 1] = wrk.format("POST", "/v1/b2b/sessions/authenticate", headers, body)
    end
  end
end

function request()
  return calls[math.random(#calls)]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
