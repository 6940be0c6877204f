// The first-run page proposes the time zone of whoever sets Stopline up.
const field = document.getElementById("id_time_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = [...document.querySelectorAll("#time-zones option")].some(({ value }) => value === here);
if (known && field.value === field.defaultValue && field.value === "UTC") field.value = here;
