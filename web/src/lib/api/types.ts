// The shapes of the HTTP API, under the names the rest of the application uses: aliases of `schema.d.ts`, which is
// generated from the server's own description. What the description leaves open and the server does not is said here.

import type { components } from './schema';

type Schema = components['schemas'];

export type Role = Schema['Role'];
export type Kind = Schema['Kind'];
export type Seniority = Schema['Seniority'];

export type SetupState = Schema['SetupState'];
export type Me = Schema['Me'];
export type Session = Schema['Session'];
export type Member = Schema['Member'];
export type Invited = Schema['Invited'];
export type Token = Schema['Token'];

export type UploadStatus = Schema['UploadStatus'];
export type RejectedUpload = Schema['Rejected'];
export type Upload = Schema['Upload'];
export type UploadCounts = Record<UploadStatus, number>;
export type UploadPage = Omit<Schema['UploadList'], 'counts'> & { counts: UploadCounts };

export type CandidateSummary = Schema['Row'];
export type CandidatePage = Schema['CandidateList'];
/** Half-open, in Unicode scalar values of the resume's extracted text. */
export type ResumeSpan = Schema['Source'];
export type Position = Schema['Position'];
export type Education = Schema['Education'];
export type CandidateSkill = Schema['Skill'];
export type CandidateLanguage = Schema['Language'];
export type Certification = Schema['Certification'];
export type Resume = Schema['Resume'];
export type TimelineEntry = Schema['Event'];
export type Candidate = Schema['Candidate'];
export type ResumeText = Schema['ResumeText'];

/** A request may leave out how strongly something is wished; an answer never does. */
type Wishes<T> = T extends { kind?: Kind }[] ? (T[number] & { kind: Kind })[] : T;
export type Interpretation = {
  [Part in keyof Schema['Interpretation']]: Wishes<Schema['Interpretation'][Part]>;
};
export type Correction = Schema['Correction'];

export type ReasonStatus = Schema['ReasonStatus'];
export type Evidence = Schema['Evidence'];
export type Reason = Schema['Reason'];
export type Hit = Schema['Hit'];
export type FacetValue = Schema['Facet'];
export type FacetName = keyof Schema['Facets'];
export type SearchAnswer = Omit<Schema['Answer'], 'interpretation'> & { interpretation: Interpretation };
export type SearchRequest = Schema['SearchRequest'] & { query: string };

/** Who wrote something, and at what cost; or why no model did. */
export type Written = Schema['Written'];
export type Note = Schema['Note'];
export type Proposal = Omit<Schema['Proposal'], 'adds'> & { adds: Interpretation };
export type Proposals = Omit<Schema['Proposals'], 'proposals'> & { proposals: Proposal[] };
export type ProposalsRequest = Schema['ProposalsRequest'];
export type Prose = Schema['Prose'];
export type ProseRequest = Schema['ProseRequest'];

export type SuggestKind = 'skill' | 'title' | 'place' | 'language';
export type Suggestion = Omit<Schema['Suggestion'], 'kind'> & { kind: SuggestKind };

export type ServiceState = Omit<Schema['Service'], 'state'> & { state: 'up' | 'down' | 'degraded' };
export type Supervised = Schema['Supervised'];
export type Status = Omit<Schema['ApplianceState'], 'services'> & { services: ServiceState[] };

export type Feature = Schema['Feature'];
export type Bill = Schema['Bill'];
export type BillDay = Schema['Day'];
export type BillPart = Schema['Part'];
export type BillMonth = Schema['Month'];
export type Comparison = Schema['Comparison'];
export type Estimate = Schema['Estimate'];
export type RunningCost = Schema['RunningCost'];
export type ProviderState = Schema['ProviderState'];
export type AiCall = Schema['CallRow'];
export type AiCalls = Schema['CallList'];
export type AiLimit = Schema['Limit'];
export type AiBudget = Schema['Budget'];
export type AiSettings = Schema['AiSettings'];
export type AiSettingsChange = Schema['AiSettingsChange'];
export type AiLimitChange = Schema['LimitChange'];
export type Trial = Schema['Trial'];

/** What `/events` says of a candidate. */
export interface CandidateEvent {
  id: string;
  change: 'created' | 'updated' | 'deleted';
}

export type MailStanding = Schema['MailStanding'];
export type TestMail = Schema['TestMail'];
