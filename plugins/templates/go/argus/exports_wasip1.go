package argus

// The exports of the interface argus:claims/provider@0.1.0. Results are returned as an address; none is handed back to be freed, since
// the instance ends with the call.

func provider() Provider {
	if exported == nil {
		panic("no provider: call argus.Export in a function init")
	}
	return exported
}

//go:wasmexport argus:claims/provider@0.1.0#describe
func describe() uint32 {
	result := allocate(36, 4)
	putMetadata(result, provider().Describe())
	return uint32(result)
}

//go:wasmexport argus:claims/provider@0.1.0#validate-configuration
func validateConfiguration(address, length uint32) uint32 {
	configuration := textAt(address, length)
	result := allocate(36, 4)
	plan, problems := provider().ValidateConfiguration(configuration)
	if len(problems) > 0 {
		put(result, uint8(1))
		putProblems(result+4, problems)
	} else {
		putPlan(result+4, plan)
	}
	return uint32(result)
}

//go:wasmexport argus:claims/provider@0.1.0#claims
func claims(arguments uint32) uint32 {
	r := reader{uintptr(arguments)}
	configuration := r.text()
	issuance := r.issuance()
	result := allocate(16, 4)
	claims, err := provider().Claims(configuration, issuance)
	if err != nil {
		put(result, uint8(1))
		putError(result+4, err)
	} else {
		putList(result+4, 24, claims, putClaim)
	}
	return uint32(result)
}
