-- Messages arriving at POST /inbound/sandbox/<token>, each with an id of its own.
-- TEXTS: several, divided by |. RUN makes the ids unique. ORDER: "random" senders among FIRST … FIRST + PEOPLE - 1,
-- or each "once" (for STOP: whoever has stopped already can't stop again).
dofile(os.getenv("HERE") .. "/said.lua")

local first, people = tonumber(os.getenv("FIRST")), tonumber(os.getenv("PEOPLE"))
local once, run = os.getenv("ORDER") == "once", os.getenv("RUN")
local texts = {}
for text in os.getenv("TEXTS"):gmatch("[^|]+") do texts[#texts + 1] = text end
local headers = {["Content-Type"] = "application/json"}
local count = 0

function request()
    count = count + 1
    if once and count > people then error("not enough people for this run") end
    local who = first + (once and count - 1 or math.random(0, people - 1))
    local body = string.format(
        '{"id": "%s-%d", "channel": "sms", "from": "+1201%d", "to": "+12015550199", "text": "%s"}',
        run, count, 2000000 + who, texts[count % #texts + 1])
    return wrk.format("POST", nil, headers, body)
end
