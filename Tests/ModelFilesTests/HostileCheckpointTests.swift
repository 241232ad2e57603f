// Forged checkpoints: someone changed something, and then the checksum to match.

import JSON
import Training
import Testing

@testable import ModelFiles

@Suite struct HostileCheckpointTests {
  /// Reads a checkpoint after a change, with the checksum updated to match.
  private static func forged(_ change: (inout Safetensors) -> Void) throws -> Checkpoint {
    var container = CheckpointFile.container(for: CheckpointTests.checkpoint())
    change(&container)
    container.metadata[CheckpointMetadata.checksumKey] = CheckpointFile.checksum(of: container)
    return try CheckpointTests.read(CheckpointTests.bytes(container))
  }

  private static func forged(_ member: String, _ value: String?) throws -> Checkpoint {
    try forged { container in
      guard let text = container.metadata[CheckpointMetadata.checkpointKey],
        case .object(var members) = try! JSONValue(parsing: text.utf8)
      else { return }
      members.removeAll { $0.key == member }
      if let value { members.append(.init(member, try! JSONValue(parsing: value.utf8))) }
      container.metadata[CheckpointMetadata.checkpointKey] = JSONValue.object(members).compactText()
    }
  }

  @Test func aForgedChecksumIsAccepted() throws {
    #expect(try Self.forged { _ in } == CheckpointTests.checkpoint())
    #expect(try Self.forged("epoch", "7").state.progress.epoch == 7)
  }

  @Test(arguments: [
    "version", "settings", "training", "held_out", "instruction_set", "epoch", "records_done", "step",
    "loss_sum",
    "correct", "epoch_seconds", "seconds", "judging_seconds", "moments", "best",
  ])
  func everyMemberIsRequired(_ member: String) {
    #expect(
      throws: ModelFileError.content(file: "c", .missingMetadata(key: "fm-tools.checkpoint.\(member)"))
    ) { try Self.forged(member, nil) }
  }

  @Test(arguments: [
    ("version", "2"), ("version", "\"1\""), ("version", "1.0"), ("version", "null"),
    ("settings", "{\"a\":1}"),
    ("settings", "[]"), ("training", "null"), ("training", "{\"records\":1}"),
    ("training", "{\"records\":1,\"crc32\":4294967296}"), ("training", "{\"records\":1,\"crc32\":-1}"),
    ("held_out", "{}"), ("held_out", "0"), ("instruction_set", "5"), ("epoch", "-1"), ("epoch", "1e3"),
    ("epoch", "99999999999999999999"), ("epoch", "null"), ("epoch", "\"NaN\""), ("records_done", "0.5"),
    ("step", "[14]"), ("loss_sum", "1e999"), ("loss_sum", "null"), ("loss_sum", "\"inf\""), ("correct", "-9"),
    ("seconds", "true"), ("moments", "null"), ("moments", "[1]"), ("moments", "[\"exp_avg\",\"exp_avg\"]"),
    ("moments", "\"exp_avg\""), ("best", "{}"), ("best", "[]"),
    ("best", "{\"epoch\":1,\"step\":2,\"learning_rate\":null}"),
  ])
  func wrongTypesAreRefused(_ member: String, _ value: String) {
    #expect(throws: ModelFileError.self) { try Self.forged(member, value) }
  }

  @Test(arguments: [
    // Moments or best weights that are announced but missing, or present but not announced.
    ("moments", "[]"), ("moments", "[\"exp_avg\"]"), ("moments", "[\"exp_avg\",\"exp_avg_sq\",\"more\"]"),
    ("moments", "[\"exp_avg\",\"exp_avg_sq.conv1\"]"), ("best", "null"),
  ])
  func tensorsMustBeThoseThatAreAnnounced(_ member: String, _ value: String) {
    do {
      _ = try Self.forged(member, value)
      Issue.record("accepted")
    } catch ModelFileError.content(_, .tensorMismatch) {
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(arguments: ["conv1.weight", "optimizer.exp_avg.fc1.bias", "best.out.weight"])
  func everyTensorIsRequiredInItsShape(_ name: String) throws {
    func message(_ change: (inout Safetensors) -> Void) -> String {
      do {
        _ = try Self.forged(change)
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    let missing = message { $0.tensors.removeAll { $0.name == name } }
    #expect(missing.contains("missing \(name)"), "\(missing)")
    let flat = message { container in
      let index = container.tensors.firstIndex { $0.name == name }!
      container.tensors[index].shape = [1] + container.tensors[index].shape
    }
    #expect(flat.contains("\(name) is [1, "), "\(flat)")
    let more = message { $0.tensors.append(.init(name: "x" + name, shape: [0], values: [])) }
    #expect(more.contains("unexpected x\(name)"), "\(more)")
  }

  @Test(arguments: ["conv1.weight", "best.out.weight"], [Float.nan, .infinity])
  func weightsMustBeFinite(_ name: String, _ value: Float) {
    #expect(throws: ModelFileError.self) {
      try Self.forged { container in
        let index = container.tensors.firstIndex { $0.name == name }!
        container.tensors[index].values[1] = value
      }
    }
  }

  @Test func aModelIsNotACheckpoint() throws {
    let model = try SafetensorsModel.container(for: CheckpointTests.checkpoint().model, file: "m")
    #expect(throws: ModelFileError.content(file: "c", .noCheckpoint)) {
      try CheckpointTests.read(CheckpointTests.bytes(model))
    }
  }
}
