-- What every script says at its end: one line of JSON, which bench/load.py reads.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format('\n{"requests": %d, "seconds": %f, "median_ms": %f, "p99_ms": %f, "errors": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
