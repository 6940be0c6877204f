-- An admin sending the dialog Unsubscribe contact as the page does, each time for another contact.
dofile(os.getenv("HERE") .. "/said.lua")

local first, people = tonumber(os.getenv("FIRST")), tonumber(os.getenv("PEOPLE"))
local token = os.getenv("TOKEN")
local headers = {
    ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = os.getenv("COOKIES"), ["HX-Request"] = "true",
}
local count = 0

function request()
    if count == people then error("not enough people for this run") end
    local body = string.format(
        "csrfmiddlewaretoken=%s&contact=01900000-0000-7000-8000-%012d&channels=sms&reason=Asked+on+the+phone",
        token, first + count)
    count = count + 1
    return wrk.format("POST", nil, headers, body)
end
