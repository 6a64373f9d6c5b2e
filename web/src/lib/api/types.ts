// The shapes of the HTTP API, under the names the rest of the application uses. When the generated
// `schema.d.ts` is at hand, these become aliases of it: nothing else in the application changes.

export type Role = 'owner' | 'recruiter' | 'viewer';
export type Kind = 'must' | 'should' | 'not';
export type Seniority = 'intern' | 'junior' | 'mid' | 'senior' | 'lead' | 'principal' | 'executive';

export interface Me {
  user: { id: string; name: string; email: string };
  workspace: { id: string; name: string };
  role: Role;
  csrf_token: string;
  version: string;
}

export interface Session {
  id: string;
  current: boolean;
  created_at: string;
  last_seen_at: string;
  user_agent?: string | null;
  address?: string | null;
}

export interface Member {
  id: string;
  name: string;
  email: string;
  role: Role;
  status: 'active' | 'invited' | 'disabled';
  created_at: string;
  last_seen_at?: string | null;
}

export interface Token {
  id: string;
  name: string;
  prefix: string;
  created_at: string;
  last_used_at?: string | null;
  expires_at?: string | null;
}

export type UploadStatus = 'queued' | 'extracting' | 'parsing' | 'embedding' | 'indexed' | 'failed';

export interface UploadError {
  code: string;
  detail: string;
  hint?: string | null;
}

/** A file of a batch that the server did not take; the others were. */
export interface RejectedUpload {
  filename: string;
  code: string;
  detail: string;
}

export interface AcceptedUpload {
  id: string;
  filename: string;
  status: UploadStatus;
  duplicate_of?: string | null;
}

export interface Upload extends AcceptedUpload {
  size: number;
  media_type?: string | null;
  error?: UploadError | null;
  candidate_id?: string | null;
  created_at: string;
  updated_at: string;
  /** The archive this file came out of. */
  parent_id?: string | null;
}

export type UploadCounts = Record<UploadStatus, number>;

export interface UploadPage {
  uploads: Upload[];
  next_cursor?: string | null;
  counts: UploadCounts;
}

export interface CandidateSummary {
  id: string;
  name: string;
  headline?: string | null;
  location?: string | null;
  years_experience?: number | null;
  updated_at: string;
  resumes: number;
}

export interface CandidatePage {
  candidates: CandidateSummary[];
  next_cursor?: string | null;
  total: number;
}

/** Half-open, in Unicode scalar values of the resume's extracted text. */
export interface ResumeSpan {
  resume_id: string;
  start: number;
  end: number;
}

export interface Position {
  title: string;
  employer?: string | null;
  start?: string | null;
  end?: string | null;
  current: boolean;
  description?: string | null;
  span?: ResumeSpan | null;
  confidence: number;
}

export interface Education {
  institution?: string | null;
  degree?: string | null;
  level?: string | null;
  field?: string | null;
  start?: string | null;
  end?: string | null;
  span?: ResumeSpan | null;
  confidence: number;
}

export interface CandidateSkill {
  id: string;
  label: string;
  span?: ResumeSpan | null;
  confidence: number;
  months?: number | null;
}

export interface CandidateLanguage {
  code: string;
  label: string;
  level?: string | null;
  span?: ResumeSpan | null;
  confidence: number;
}

export interface Certification {
  label: string;
  span?: ResumeSpan | null;
  confidence: number;
}

export interface Resume {
  id: string;
  filename: string;
  media_type: string;
  size: number;
  uploaded_at: string;
  current: boolean;
  pages?: number | null;
}

export interface TimelineEntry {
  at: string;
  kind: string;
  detail: string;
}

export interface Candidate {
  id: string;
  name: string;
  headline?: string | null;
  location?: string | null;
  emails: string[];
  phones: string[];
  links: string[];
  years_experience?: number | null;
  summary?: string | null;
  positions: Position[];
  education: Education[];
  skills: CandidateSkill[];
  languages: CandidateLanguage[];
  certifications: Certification[];
  resumes: Resume[];
  timeline: TimelineEntry[];
  created_at: string;
  updated_at: string;
}

export interface ResumeText {
  text: string;
  sections: { kind: string; start: number; end: number }[];
  findings: { kind: string; detail: string }[];
}

export interface WantedSkill {
  id: string;
  label: string;
  kind: Kind;
  min_years?: number | null;
  /** Alternatives share a number: one of them is enough. */
  any_of?: number | null;
}

export interface WantedTitle {
  id?: string | null;
  label: string;
  kind: Kind;
}

export interface WantedLocation {
  name: string;
  country?: string | null;
  radius_km?: number | null;
  kind: Kind;
}

export interface WantedLanguage {
  code: string;
  level?: string | null;
  kind: Kind;
}

export interface WantedEducation {
  level?: string | null;
  field?: string | null;
  kind: Kind;
}

export interface Correction {
  from: string;
  to: string;
  applied: boolean;
}

export interface Interpretation {
  skills: WantedSkill[];
  titles: WantedTitle[];
  seniority: Seniority[];
  years: { min?: number | null; max?: number | null };
  locations: WantedLocation[];
  remote: boolean | null;
  languages: WantedLanguage[];
  education: WantedEducation[];
  certifications: { label: string; kind: Kind }[];
  employers: { name: string; kind: Kind }[];
  keywords: { text: string; kind: Kind }[];
  corrections: Correction[];
  refused: { text: string; reason: string }[];
  unresolved: string[];
}

export type ReasonStatus = 'met' | 'partial' | 'missing' | 'contradicted';

export interface Evidence extends ResumeSpan {
  text: string;
}

export interface Reason {
  requirement: string;
  kind: Kind;
  status: ReasonStatus;
  evidence: Evidence[];
}

export interface Hit {
  candidate_id: string;
  resume_id: string;
  name: string;
  headline?: string | null;
  location?: string | null;
  years_experience?: number | null;
  score: number;
  rank: number;
  reasons: Reason[];
}

export interface FacetValue {
  value: string;
  label: string;
  count: number;
}

export type FacetName = 'skills' | 'locations' | 'seniority' | 'languages' | 'years';

export interface SearchAnswer {
  query_id: string;
  interpretation: Interpretation;
  hits: Hit[];
  facets: Record<FacetName, FacetValue[]>;
  total: number;
  took_ms: number;
  stages: { name: string; took_ms: number; state: 'done' | 'degraded' | 'skipped'; detail?: string | null }[];
  degraded: { service: string; detail: string }[];
  next_cursor?: string | null;
}

export interface SearchRequest {
  query: string;
  filters?: Interpretation;
  limit?: number;
  cursor?: string;
  mode?: 'auto' | 'fast' | 'deep';
}

export type SuggestKind = 'skill' | 'title' | 'place' | 'language';

export interface Suggestion {
  id?: string | null;
  label: string;
  kind: SuggestKind;
}

export interface ServiceState {
  name: string;
  state: 'up' | 'down' | 'degraded';
  detail?: string | null;
}

export interface Status {
  version: string;
  services: ServiceState[];
  counts: { candidates: number; resumes: number; queued: number; failed: number };
}

export interface CandidateEvent {
  id: string;
  change: 'created' | 'updated' | 'deleted';
}
