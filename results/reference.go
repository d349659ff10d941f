package results

// Reference is a real program that runs beside the models, as one of them.
type Reference struct {
	Model   string   `json:"model" doc:"the name of its runs"`
	Program string   `json:"program" doc:"what it says of its version"`
	SHA256  string   `json:"sha256" doc:"SHA-256 of the program, in hex"`
	Argv    []string `json:"argv" doc:"the command of its first run"`
	Differs []string `json:"differs" doc:"what differs from the models beside the code that is compared"`
}

// QueryMigrate is what a QEMU counts itself (query-migrate).
type QueryMigrate struct {
	TotalTimeMS float64 `json:"total_time_ms" unit:"ms" doc:"total-time so far, the wait for the question included"`
	SetupTimeMS float64 `json:"setup_time_ms" unit:"ms" doc:"setup-time"`
	Transferred int64   `json:"transferred_bytes" unit:"bytes" doc:"ram.transferred"`
	Normal      int64   `json:"normal" unit:"pages" doc:"ram.normal: raw pages"`
	Duplicate   int64   `json:"duplicate" unit:"pages" doc:"ram.duplicate: zero pages"`
	Compressed  int64   `json:"compressed" unit:"pages" doc:"compression.pages" misread:"as the pages that were compressed: some versions count an empty slot at each flush"`
	Busy        int64   `json:"busy" unit:"pages" doc:"compression.busy"`
	Syncs       int     `json:"dirty_sync_count" unit:"count" doc:"ram.dirty-sync-count"`
}
