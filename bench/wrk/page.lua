-- A signed-in member opening a page.
dofile(os.getenv("HERE") .. "/said.lua")
wrk.headers["Cookie"] = os.getenv("COOKIES")
