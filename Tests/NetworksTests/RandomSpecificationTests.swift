// Properties of every specification, and of every text that is not one.

import Networks
import TensorStream
import Testing

@Test(arguments: [1, 2, 3, 4] as [UInt64])
func parsingTheTextOfARandomTreeGivesTheTree(seed: UInt64) throws {
  var specifications = RandomSpecifications(seed: seed)
  for _ in 0..<250 {
    let tree = specifications.next()
    let read = try Specification(parsing: tree.text)
    #expect(read == tree, "seed \(seed): \(tree.text)")
    #expect(read.text == tree.text, "seed \(seed)")
  }
}

/// Both agree on which trees are networks, and on every shape of those.
@Test(arguments: [5, 6, 7, 8] as [UInt64])
func randomNetworksHaveTheNaiveShapes(seed: UInt64) throws {
  var specifications = RandomSpecifications(seed: seed)
  var networkCount = 0
  for _ in 0..<250 {
    let tree = specifications.next()
    let naive = NaiveShapes(tree, height: 19, width: 14, channels: 3, classCount: 5)
    let network = try? Architecture(
      tree, input: ImageShape(height: 19, width: 14, channels: 3), classCount: 5)
    #expect((network == nil) == (naive == nil), "seed \(seed): \(tree.text)")
    guard let network, let naive else { continue }
    networkCount += 1
    #expect(network.nodes.map(\.output) == naive.shapes, "seed \(seed): \(tree.text)")
    #expect(network.parameters.map(\.shape) == naive.parameterShapes, "seed \(seed): \(tree.text)")
  }
  // A generator that makes hardly any networks, or nothing else, would prove nothing.
  #expect((50...240).contains(networkCount), "seed \(seed): \(networkCount) networks")
}

@Test(arguments: [9, 10] as [UInt64])
func randomNetworksAreConsistentGraphs(seed: UInt64) throws {
  var specifications = RandomSpecifications(seed: seed)
  var networkCount = 0
  for _ in 0..<250 {
    guard let network = try? architecture(specifications.next()) else { continue }
    networkCount += 1
    let text = "seed \(seed): \(network.specification)"
    #expect(Set(network.nodes.map(\.name)).count == network.nodes.count, "\(text)")
    #expect(Set(network.parameters.map(\.name)).count == network.parameters.count, "\(text)")
    for (index, node) in network.nodes.enumerated() {
      #expect(node.inputs.allSatisfy { $0 < index }, "\(text)")
      #expect(node.inputs.isEmpty == (index == 0), "\(text)")
      #expect(node.parameters.allSatisfy { $0.name.hasPrefix("\(node.name).") }, "\(text)")
    }
    // Every node but the last is read by another.
    let read = Set(network.nodes.flatMap(\.inputs))
    #expect(read == Set(network.nodes.indices.dropLast()), "\(text)")
    let rows = network.outline
    #expect(rows.filter { $0.item != .branch }.count == network.nodes.count - 1, "\(text)")
    #expect(
      rows.filter { $0.depth == 0 }.reduce(0) { $0 + $1.parameterCount } == network.parameterCount, "\(text)")
    #expect(
      rows.filter { $0.depth == 0 }.reduce(0) { $0 + $1.floatingPointOperations }
        == network.floatingPointOperations, "\(text)")
  }
  #expect(networkCount > 0)
}

/// Setting the dropout changes no other layer, and removing it removes no other.
@Test func changingTheDropoutOfARandomTreeChangesNothingElse() throws {
  var specifications = RandomSpecifications(seed: 11)
  for _ in 0..<250 {
    let tree = specifications.next()
    let changed = tree.settingDropout(0.5)
    #expect(changed.withoutDropout == tree.withoutDropout, "\(tree.text)")
    #expect(tree.hasDropout == tree.text.contains("dropout"), "\(tree.text)")
    #expect(changed.hasDropout == tree.hasDropout, "\(tree.text)")
    #expect(!tree.withoutDropout.hasDropout, "\(tree.text)")
    #expect(((try? architecture(changed)) == nil) == ((try? architecture(tree)) == nil), "\(tree.text)")
  }
}

/// Ten thousand texts of the grammar's tokens. Each is read and survives a round trip, or is refused in one printable
/// line.
@Test(arguments: [12, 13, 14, 15] as [UInt64])
func everyRandomTextIsReadOrRefused(seed: UInt64) throws {
  var texts = RandomTexts(seed: seed)
  var readCount = 0
  for _ in 0..<2500 {
    let text = texts.next()
    do throws(ArchitectureError) {
      let tree = try Specification(parsing: text)
      readCount += 1
      // Only a tree that is just the output layer has an empty text.
      if !tree.text.isEmpty {
        #expect(try Specification(parsing: tree.text) == tree, "seed \(seed): \(text.debugDescription)")
      }
      _ = try architecture(tree)
    } catch {
      let message = error.description
      #expect(!message.isEmpty, "seed \(seed): \(text.debugDescription)")
      #expect(
        message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control },
        "seed \(seed): \(text.debugDescription)")
    }
  }
  #expect(readCount > 20, "seed \(seed): \(readCount) were read")
}
