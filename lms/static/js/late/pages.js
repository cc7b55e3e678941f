// A document looked at outside a lesson.

import { tools } from "./page-tools.js";

export default function pages(host) {
  tools(host);
}
