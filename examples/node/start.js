// The handler on two tickets of the other examples: `npm start`, then `curl -X POST localhost:8080/tickets/REQ-2041/close`.
import { createServer } from "node:http";
import { desk, reference } from "./desk.js";
import { closures } from "./server.js";

createServer(closures(reference, desk)).listen(8080, "localhost");
