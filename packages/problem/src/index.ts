export { DomainError, type FieldError, MalformedBody } from './domain-error.ts'
export { PROBLEM_JSON, type Problem, toProblem } from './problem.ts'
