// Properties that hold for every specification, and for every text that is none.

import Networks
import TensorStream
import Testing

@Test(arguments: [1, 2, 3, 4] as [UInt64])
func randomTreesComeBackFromTheirText(seed: UInt64) throws {
  var specifications = RandomSpecifications(seed: seed)
  for _ in 0..<250 {
    let tree = specifications.next()
    let read = try Specification(parsing: tree.text)
    #expect(read == tree, "seed \(seed): \(tree.text)")
    #expect(read.text == tree.text, "seed \(seed)")
  }
}

/// Both agree on what is a network, and on every shape of those that are.
@Test(arguments: [5, 6, 7, 8] as [UInt64])
func shapesOfRandomNetworksAreTheNaiveOnes(seed: UInt64) throws {
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
  // Of a generator that hardly makes networks nothing would follow.
  #expect((50...240).contains(networkCount), "seed \(seed): \(networkCount) networks")
}

@Test(arguments: [9, 10] as [UInt64])
func randomNetworksAreSoundGraphs(seed: UInt64) throws {
  var specifications = RandomSpecifications(seed: seed)
  for _ in 0..<250 {
    guard let network = try? architecture(specifications.next()) else { continue }
    let text = "seed \(seed): \(network.specification)"
    #expect(Set(network.nodes.map(\.name)).count == network.nodes.count, "\(text)")
    #expect(Set(network.parameters.map(\.name)).count == network.parameters.count, "\(text)")
    for (index, node) in network.nodes.enumerated() {
      #expect(node.inputs.allSatisfy { $0 < index }, "\(text)")
      #expect(node.inputs.isEmpty == (index == 0), "\(text)")
      #expect(node.parameters.allSatisfy { $0.name.hasPrefix("\(node.name).") }, "\(text)")
    }
    // All but the last are read by someone.
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
}

/// Setting dropouts changes nothing else, and leaving them out leaves no other layer out.
@Test func dropoutOfRandomTrees() throws {
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

/// Ten thousand texts of the grammar's tokens: each is a specification that comes back, or refused in one printable line.
@Test(arguments: [12, 13, 14, 15] as [UInt64])
func garbageIsReadOrRefused(seed: UInt64) throws {
  var texts = RandomTexts(seed: seed)
  var readCount = 0
  for _ in 0..<2500 {
    let text = texts.next()
    do throws(ArchitectureError) {
      let tree = try Specification(parsing: text)
      readCount += 1
      // Nothing but the output layer has an empty text.
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
