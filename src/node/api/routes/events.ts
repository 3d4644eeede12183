/** What happens on the node, as it happens and again from any number that is still kept. */
import {eventSchema, TOPICS} from "../../../codecs/api/events.js";
import {topicsIn} from "../events/feed.js";
import {heightKind, mayHeader, mayQuery, topicsKind} from "../param.js";
import {eventStream, route} from "../route.js";

export const eventsRoute = route({
  method: "GET",
  path: "/api/v1/events",
  summary: "events as they happen, and again from a number on",
  auth: "public",
  errors: "coded",
  cost: 5,
  params: {
    topics: mayQuery(topicsKind, `topics apart by commas: ${TOPICS.join(", ")}; all when left out`),
    after: mayQuery(
      heightKind,
      "number of the last event that is known; 0 starts with the oldest that is kept, none with the next",
    ),
    lastEventId: mayHeader(heightKind, "the same, as a reader sends it that connects again; it counts before `after`"),
  },
  body: null,
  reply: eventStream(eventSchema),
  handle: ({topics, after, lastEventId}, {node}) => ({
    topics: topicsIn(topics),
    after: node.feed.start(lastEventId ?? after),
  }),
});
