import type pg from 'pg'

/**
 * Compares the claims with the tokens, as a superuser sees them.
 *
 * @returns What is wrong: a number that a subject has and no claim names, a claim of a number that the subject does not
 *   have, or one that names another subject's or number's token, or a dead one.
 */
export async function claimFaults(admin: pg.Pool): Promise<string[]> {
  const { rows } = await admin.query(`
    select coalesce(token.id::text, claim.token_id::text) || case
        when claim.token_id is null then ' has no claim'
        when token.id is null then ' is claimed for and not there'
        else ' has a claim that names ' || claim.token_id end as fault
    from (select distinct on (number_fingerprint, subject_id) * from token where state = 'active'
          order by number_fingerprint, subject_id, id) as token
    full join instrument_claim as claim
      on claim.fingerprint = token.number_fingerprint and claim.subject_id = token.subject_id
    where claim.token_id is null or token.id is null
      or claim.tenant_id <> token.tenant_id or claim.mode <> token.mode
      or claim.bucket <> get_byte(claim.fingerprint, 0) * 16 + get_byte(claim.fingerprint, 1) / 16
      or not exists (select from token as named where named.id = claim.token_id and named.state = 'active'
        and named.number_fingerprint = claim.fingerprint and named.subject_id = claim.subject_id)`)
  return rows.map(({ fault }) => fault)
}
