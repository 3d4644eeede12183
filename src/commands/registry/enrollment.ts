import type {ListedCommand} from "./entry.js";

export const ENROLLMENT: readonly ListedCommand[] = [
  {path: "enroll", load: async () => (await import("../enroll.js")).enrollCommand},
  {path: "unenroll", load: async () => (await import("../unenroll.js")).unenrollCommand},
  {path: "enrollment-status", load: async () => (await import("../enrollment-status.js")).enrollmentStatusCommand},
  {path: "enrollments", load: async () => (await import("../enrollments.js")).enrollmentsCommand},
];
