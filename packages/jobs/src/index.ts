export { addJobs, type JobOfRow, jobsFor, type NewJob } from './add-jobs.ts'
export { installJobs } from './install-jobs.ts'
export type { JobLog } from './queue-logger.ts'
export { type Attempt, type JobRunner, type JobsOptions, startJobs, type Tasks, workOffJobs } from './run-jobs.ts'
