// Networks that do not fit into memory are refused before anything is allocated. Others are not refused.

import Compute
import Networks
import TensorStream
import Testing

@testable import Execution

@Suite struct MemoryTests {
  private static let engine = Engine(instructionSet: .best, jobs: 8)

  private func check(
    _ specification: String, height: Int = 28, width: Int = 28, batch: Int = 128, forTraining: Bool = true,
    room: MachineMemory.Room? = nil
  ) throws {
    let architecture = try Architecture(
      specification: specification, input: ImageShape(height: height, width: width, channels: 1),
      classCount: 10)
    try Network.checkMemory(
      architecture, batch: batch, forTraining: forTraining, engine: Self.engine, room: room)
  }

  @Test(arguments: Architecture.presets.map(\.name), [1, 128, 4096])
  func presetsFit(_ name: String, _ batch: Int) throws {
    try check(name, batch: batch)
    try check(name, batch: batch, forTraining: false)
  }

  /// The largest batch that --batch-size accepts is 65,536 images. The maps of each hold some 200,000 floats in `vgg`.
  @Test func smallPresetsFitInTheLargestBatch() throws {
    for name in ["ffnn", "cnn"] {
      try check(name, batch: 65_536)
      try check(name, batch: 65_536, forTraining: false)
    }
    #expect(throws: NetworkSizeError.self) { try check("vgg", batch: 65_536) }
  }

  @Test(arguments: [
    // Weights of which only one channel in sixteen counts, maps, a margin, padded channels, batches.
    ("conv:1,kernel=8191", 1, 1, 1), ("conv:64 relu conv:64 pool:16", 1024, 1024, 128),
    ("conv:2,kernel=1 conv:1,kernel=4095,padding=4094 pool:16", 4096, 4096, 1),
    ("conv:1 relu conv:1", 2048, 2048, 64), ("linear:16", 28, 28, 1 << 40), ("linear:16", 28, 28, Int.max),
    ("concat( norm | norm | norm ) concat( norm | norm | norm )", 1024, 1024, 64),
  ])
  func networksThatDoNotFitAreRefused(_ specification: String, _ height: Int, _ width: Int, _ batch: Int) {
    let error = #expect(throws: NetworkSizeError.self) {
      try check(specification, height: height, width: width, batch: batch)
    }
    guard case .tooLarge(let byteCount)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(byteCount ?? .max > 16 << 30)
    #expect(error?.kind == .inputOutput)
  }

  /// 784 × 4096 weights, and four more arrays of that size: a little more than 67 MB.
  @Test func aNetworkThatTheMachineHasNoRoomForIsRefused() throws {
    func room(_ byteCount: Int) -> MachineMemory.Room {
      MachineMemory.Room(byteCount: byteCount, limit: "'ulimit -v'")
    }
    try check("linear:4096", room: room(100_000_000))
    let error = #expect(throws: NetworkSizeError.self) { try check("linear:4096", room: room(60_000_000)) }
    #expect(error?.kind == .inputOutput)
    let text = error?.description ?? ""
    #expect(text.contains("'ulimit -v' leaves 60 MB"))
    #expect(text.contains("the network needs "))
    try check("linear:4096", forTraining: false, room: room(60_000_000))
  }

  /// Each network fits by itself: 784 × 4096 weights take 13 MB, and a batch of 1 a little more.
  @Test func networksThatFitAloneMayNotFitTogether() throws {
    let architecture = try Architecture(
      specification: "linear:4096", input: ImageShape(height: 28, width: 28, channels: 1), classCount: 10)
    func check(_ count: Int, _ byteCount: Int) throws {
      try Network.checkMemory(
        together: Array(repeating: architecture, count: count), batch: 1,
        engine: Engine(instructionSet: .best, jobs: 1), precision: .float32,
        room: MachineMemory.Room(byteCount: byteCount, limit: "'ulimit -v'"))
    }
    try check(1, 60_000_000)
    try check(3, 200_000_000)
    let error = #expect(throws: NetworkSizeError.self) { try check(20, 200_000_000) }
    #expect(error?.kind == .inputOutput)
    let text = error?.description ?? ""
    #expect(text.contains("the 20 networks need") && text.contains("'ulimit -v' leaves 200 MB"), "\(text)")
    #expect(throws: NetworkSizeError.self) { try check(1, 1_000_000) }
  }

  /// Only training keeps the maps of inner layers for the whole batch.
  @Test func predictionNeedsLessThanTraining() throws {
    let specification = "conv:32 relu conv:32 relu pool:16"
    #expect(throws: NetworkSizeError.self) {
      try check(specification, height: 512, width: 512, batch: 512)
    }
    try check(specification, height: 512, width: 512, batch: 512, forTraining: false)
  }
}
