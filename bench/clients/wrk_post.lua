-- wrk sends what these fields hold; without a function of our own they are rendered only once.
wrk.method = "POST"
wrk.body = io.open(os.getenv("BENCH_BODY"), "rb"):read("*a")
