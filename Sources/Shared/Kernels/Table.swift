// The table of this build's kernels.

import KernelInterface

#if AVX512
  private let name = "avx512"
#elseif AVX2
  private let name = "avx2"
#else
  private let name = "baseline"
#endif

/// The kernels of the instruction set that this module is built for. Calling one on a CPU without it is a crash.
public let kernels = KernelSet(
  name: name, panelWidth: panelWidth, tileRows: tileRows, multiply: { multiply($0) },
  listTerms: { listTerms($0) },
  transposePanels: { transposePanels($0, $1, $2, $3, $4, $5) },
  winogradInput: { winogradInput($0, $1, $2) },
  winogradOutput: { winogradOutput($0, $1, $2) },
  winogradWeights: { winogradWeights($0, $1, $2, $3) },
  poolForward: { poolForward($0, $1, $2, $3, $4) },
  poolBackward: { poolBackward($0, $1, $2, $3, $4) },
  listGradient: { listGradient($0, $1, $2, $3, $4) },
  addSparseWeightGradient: { addSparseWeightGradient($0, $1, $2, $3) },
  addSparseInputGradient: { addSparseInputGradient($0, $1, $2, $3) },
  addPooledPatches: { addPooledPatches($0, $1) },
  transposeRows: { transposeRows($0, $1, $2, $3, $4) },
  rectify: { rectify($0, $1) },
  rectifyBackward: { rectifyBackward($0, $1, $2, $3, $4, $5) },
  dropout: { dropout($0, $1, $2, $3, $4, $5) },
  softmaxCrossEntropy: { softmaxCrossEntropy($0) },
  flipKernel: { flipKernel($0) },
  scaleBytes: { scaleBytes($0, $1, $2, $3) },
  scalePatches: { scalePatches($0, $1, $2) },
  add: { add($0, $1, $2) },
  addRows: { addRows($0, $1, $2) },
  sumOfSquares: { sumOfSquares($0, $1) },
  adam: { adam($0, $1, $2, $3, $4, $5) },
  momentum: { momentum($0, $1, $2, $3, $4) },
  runMultiplyAddChains: { runMultiplyAddChains($0, $1) })
